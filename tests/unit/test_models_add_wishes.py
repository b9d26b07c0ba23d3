"""What is said on the command line, read."""

import pytest

from sluice.models.add.wishes import AddError, Share, read_channels, read_share, read_size


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("porn=sexual", Share("porn", "sexual")),
        ("sexy=sexual:0.25", Share("sexy", "sexual", 0.25)),
        ("blood and gore=violence/graphic", Share("blood and gore", "violence/graphic")),
        ("a=b=drawn", Share("a=b", "drawn")),
        ("a:b=photoreal", Share("a:b", "photoreal")),
    ],
)
def test_shares(text: str, share: Share) -> None:
    assert read_share(text) == share


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("porn", "say LABEL=CATEGORY"),
        ("=sexual", "say LABEL=CATEGORY"),
        ("porn=sexaul", "'sexaul' is neither a category of pictures nor a signal. They are: sexual, "),
        ("porn=jailbreak", "'jailbreak' is neither"),
        ("porn=sexual:much", "the weight should be a number"),
        ("porn=sexual:0", "more than 0 and at most 1"),
        ("porn=sexual:nan", "more than 0 and at most 1"),
        ("porn=sexual:1.5", "more than 0 and at most 1"),
    ],
)
def test_wrong_shares(text: str, message: str) -> None:
    with pytest.raises(AddError, match=message):
        read_share(text)


def test_sizes_and_channels() -> None:
    assert (read_size("224"), read_size("224x336"), read_size("8X9")) == ((224, 224), (224, 336), (8, 9))
    assert read_channels("--mean", "0.5") == (0.5, 0.5, 0.5)
    assert read_channels("--mean", "0.1,0.2,0.3") == (0.1, 0.2, 0.3)


@pytest.mark.parametrize("text", ["", "0", "x", "1x2x3", "-3", "4096"])
def test_wrong_sizes(text: str) -> None:
    with pytest.raises(AddError, match="say 224, or HEIGHTxWIDTH"):
        read_size(text)


@pytest.mark.parametrize("text", ["a", "1,2", "1,2,3,4", ",", "nan", "0.5,0.5,inf"])
def test_wrong_channels(text: str) -> None:
    with pytest.raises(AddError, match=r"--std .*: say one number, or three"):
        read_channels("--std", text)
