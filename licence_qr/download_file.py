"""The file that the holder downloads: the SD-JWT, and beside it the slot for a second signature in the national suite.

The code on paper never depends on SM2, which browsers do not have. The member `sm2` (`sm2_slot.py`) signs the text of the
SD-JWT before its disclosures, or says that no key is configured; it is never left out.
"""

import json

from licence_qr.sd_jwt_licence import Download
from licence_qr.sm2_slot import Sm2Signer, sm2_member

MEDIA_TYPE = "application/json"


def download_file(download: Download, sm2: Sm2Signer | None = None) -> bytes:
    """Return the file as JSON; raises KeyFileError when the SM2 signer gives something that is no signature."""
    member = sm2_member(download.text.partition("~")[0], sm2)
    return json.dumps(
        {"format": "dc+sd-jwt", "credential": download.text, "sm2": member}, ensure_ascii=False, indent=1
    ).encode()
