"""What a picture of a Danish receipt says: total, date, CVR number and so on, each with its confidence.

`Reader` asks the engines; `fields` makes fields of their lines; `agreeing` puts several readers' fields
together. What isn't read well isn't told.
"""
