"""Pictures and PDFs from anybody: opened safely, copied clean and read, in a child process."""
