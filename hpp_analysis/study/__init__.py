"""A study on disk: its file and folder, its plan, its look, and the notes of the consultant."""
