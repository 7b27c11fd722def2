"""``recommender doctor``: what would make a deployment or a run fail, seen from outside.

One module per group of checks. Each check is a function of what AWS, or this machine, answered; a
question that may not be asked leaves its check as skipped, never as fine.
"""
