"""What `botfabric new` writes: the files of a bot and of a skill."""
