"""`Recommender` and what it is made of: training, model folders, bulk scoring."""
