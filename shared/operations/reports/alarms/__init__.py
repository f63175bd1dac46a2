"""What an operator is woken for: each rule reads, and says what it finds."""
