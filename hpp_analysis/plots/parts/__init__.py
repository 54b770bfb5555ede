"""What figures are made of: pictures and their two back ends, the frame of rows, the look, and the words."""
