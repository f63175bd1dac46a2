"""What protects a bot and its people around a model: told apart, looked at, declared a bot.

`injection` tells a text that tries to steer the bot, `signs` are what it looks for. `canary` finds
out that instructions leave. `content` judges what is said, by `words` or by Azure's service.
"""
