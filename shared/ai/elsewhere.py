"""What people say to any assistant, and what no bot of an organisation is for."""

ELSEWHERE = tuple(
    """
What is the weather like tomorrow?
Will it snow this weekend?
Tell me a joke
Make me laugh
Who won the game last night?
Which team leads the league?
How do I cook pasta?
Give me a recipe for soup
What is the capital of France?
How tall is the highest mountain?
How many people live on Earth?
Play some music
Sing something for me
What is the meaning of life?
Write a poem about love
Tell me a story
Translate this sentence into Japanese
How do you say hello in Chinese?
What time is it?
What day is today?
Who is the president?
Who will win the election?
Recommend a good movie
What is on television tonight?
What is two plus two?
Solve this equation
My dog is hungry
Why do cats purr?
Tell me about black holes
Is there life on Mars?
How far away is the moon?
What should I wear today?
Where shall I go on holiday this summer?
Find me a nice restaurant nearby
Where can I get good coffee?
I am bored
Do you love me?
Are you alive?
Who wrote Hamlet?
When was the second world war?
Who discovered America?
What is the stock price of Apple?
Should I buy bitcoin?
Find me a girlfriend
What is my horoscope?
Set an alarm for seven
Turn on the lights in the kitchen
Write a Python program
Explain how an engine works
How do plants grow?
Why is the sky blue?
How does gravity work?
What is the best phone to buy?
How do I lose weight?
How do I learn the guitar?
What is the fastest animal?
Flip a coin
Give me a random number
I feel like dancing
What do you think about politics?
Tell me the news
How do I get to the airport?
Is God real?
Can you do my homework?
asdf qwer
blub blub
la la la
test test
""".strip().splitlines()
)
"""In English: the encoder finds them in the other languages, too."""
