"""What ``nbkit.store`` is made of: the database, the files, the writer, and what is read back."""
