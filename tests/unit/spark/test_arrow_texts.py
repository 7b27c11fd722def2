import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ratings.fields import FRONT_BYTES, Scratch
from recommender.ratings.words import load_words

pytest.importorskip("pyarrow", reason="needs the dependency group spark: PyArrow")

from spark.arrow_texts import sparse_binary, strings

TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=20)


@given(st.lists(TEXTS, min_size=1, max_size=9))
def test_words_become_the_texts_that_they_were(texts):
    encoded = [text.encode() for text in texts]
    ends = FRONT_BYTES + np.cumsum([len(text) for text in encoded])
    starts = ends - [len(text) for text in encoded]

    column = strings(load_words(Scratch().pad(b"".join(encoded)), starts, ends))

    column.validate(full=True)
    assert column.to_pylist() == texts


def test_few_rows_have_a_text():
    column = sparse_binary(11, np.array([0, 9]), [b"first", b"\xff"])

    column.validate(full=True)
    assert column.to_pylist() == [b"first", *[None] * 8, b"\xff", None]


def test_no_row_may_have_one():
    assert sparse_binary(3, np.zeros(0, dtype=np.int64), []).to_pylist() == [None] * 3
