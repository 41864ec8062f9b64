"""Things break, on a real server: nothing that was answered is lost, and nothing is done twice."""
