"""What the platform's own skills say, apart from the files that declare them: a process that has a
skill loads its talk with the first message for it."""
