"""The CDK app; writes the cloud assembly to ``cdk.out``, or to the folder CDK_OUTDIR names.

Run by the CDK CLI (``cdk deploy``), or by itself (``python app.py``): the template is the same,
only the Lambda layers are then left unbuilt, so that neither network nor account is needed.
"""

from __future__ import annotations

import sys

from infra.node import use_found_node

use_found_node()  # before the CDK is imported, which starts Node.js

from infra.application import create_app  # noqa: E402
from infra.bundling import BundlingError  # noqa: E402
from infra.settings import SettingsError  # noqa: E402

if __name__ == "__main__":
    try:
        create_app().synth()
    except (SettingsError, BundlingError) as error:
        sys.exit(f"app.py: {error}")
