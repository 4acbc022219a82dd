"""What the networks have to beat: every rival, tuned as by one who wants it to win."""
