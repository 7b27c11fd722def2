"""The same preparation as Preprocess' and ConvertRecordIO's, on Spark, for AWS Glue 5.

AWS documents for Glue 5.0 Spark 3.5.4 and Python 3.11 (Glue developer guide, "AWS Glue versions").
Rules are those of `recommender`, called inside the executors on Arrow batches; Spark moves rows,
counts, joins and sorts. Nothing but counts, and twenty examples of each kind of reject, comes to
the driver.
"""
