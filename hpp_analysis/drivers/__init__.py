"""What does success go together with, and what comes first? Drivers, indirect effects, and the agenda."""
