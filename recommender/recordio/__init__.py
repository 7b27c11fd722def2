"""RecordIO-protobuf, the format SageMaker's built-in algorithms train on.

A file is a sequence of RecordIO frames (dmlc-core), each around one protobuf ``Record``
(``aialgs.data``, see ``sagemaker/amazon/record.proto`` of the SageMaker SDK v2). The bytes written
here equal those of the SDK's ``write_spmatrix_to_sparse_tensor``, many times faster; version 3 of
the SDK dropped that function.

`encode` and `decode` work on bytes, `write` and `read` on binary files.
"""

from recommender.recordio.decoding import decode, read, read_blocks
from recommender.recordio.encoding import encode, write
from recommender.recordio.framing import CONTENT_TYPE

__all__ = ["CONTENT_TYPE", "decode", "encode", "read", "read_blocks", "write"]
