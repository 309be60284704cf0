"""Reading the records of an object type: by list, by search, by id."""
