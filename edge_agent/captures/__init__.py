"""What a person has beside a captured frame: the printed name of a device, its maker's register map."""
