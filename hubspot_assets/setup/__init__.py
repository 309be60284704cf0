"""What a person does once: look whether all works, and prepare what a destination needs."""
