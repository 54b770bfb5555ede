"""What drawings are made of: the style, rows and tiles, keys, letters, and the frame of alt texts."""
