"""Where state lives: one SQL text, a driver for each database."""
