"""``make bench``: every benchmark, side by side with what it is compared with."""

from benchmarks import recordio_codec

if __name__ == "__main__":
    recordio_codec.main()
