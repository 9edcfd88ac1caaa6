"""What the training makes of public tables: does it train, take their own rows, tell its columns, and choose well?"""
