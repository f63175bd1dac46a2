"""One form engine: what is asked, how an answer is read, and how a form is shown."""
