"""What the console takes for the size of Preprocess is what the template gives it."""

from console.ratings_check import PREPROCESS_DISK_MIB, PREPROCESS_MEMORY_MIB


def test_check_of_ratings_reckons_with_the_functions_size(template):
    (properties,) = (
        resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function" and name.startswith("Preprocess")
    )

    assert properties["MemorySize"] == PREPROCESS_MEMORY_MIB
    assert properties["EphemeralStorage"]["Size"] == PREPROCESS_DISK_MIB
