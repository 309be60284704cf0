"""How the steps of a run are executed: in its process, in others of the machine, or on other machines."""
