"""AWS Glue's jobs, as far as the embedded AWS goes: their runs really run the script with PySpark.

The script and its modules come from the embedded S3, read as the job's role; Spark runs in local
mode in a process of the run. Not here: bookmarks, crawlers, the data catalog, ``awsglue`` and
``GlueContext``, jobs of Python shell, Ray and streaming.
"""
