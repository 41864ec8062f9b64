"""Open what is sealed in an auditor's bundle, with Python 3.9 or newer and `cryptography` alone.

    python3 unseal.py KEYFILE NEWFOLDER [BUNDLE]

Whether it is what was made and signed, verify.py tells: run it first, with --key KEYFILE. NEWFOLDER must not
be there yet, nor be inside the bundle, which is whole only without it.
"""

from __future__ import annotations

import base64
import hmac
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def unseal(key: Path, folder: Path, bundle: Path) -> int:
    """How many vouchers and texts were opened. ValueError, OSError; InvalidTag: it is another key."""
    secret = bytes.fromhex(key.read_text())
    cipher = AESGCM(hmac.digest(secret, b"teten bundle encryption", "sha256"))

    def opened(name: str, sealed: bytes) -> bytes:
        return cipher.decrypt(sealed[:12], sealed[12:], name.encode())

    if bundle.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise ValueError(f"{folder} would be inside the bundle: choose a folder elsewhere")
    folder.mkdir(parents=True)
    (folder / "vouchers").mkdir()
    files = sorted((bundle / "vouchers").glob("*.sealed"))
    for file in files:
        content = opened(f"vouchers/{file.name}", file.read_bytes())
        (folder / "vouchers" / file.stem).write_bytes(content)
    told = [json.loads(line) for line in (bundle / "words.jsonl").open(encoding="utf-8")]
    words = [word for word in told if "sealed" in word]
    with (folder / "words.jsonl").open("w", encoding="utf-8", newline="\n") as out:
        for word in words:
            text = opened(word["ref"], base64.b64decode(word.pop("sealed"))).decode()
            out.write(json.dumps({**word, "text": text}, ensure_ascii=False) + "\n")
    return len(files) + len(words)


def main() -> int:
    given = [Path(each) for each in sys.argv[1:]]
    if len(given) not in (2, 3):
        sys.exit("Say which key opens it, and where: python3 unseal.py KEYFILE NEWFOLDER [BUNDLE]")
    key, folder, bundle = [*given, Path(__file__).parent][:3]
    try:
        count = unseal(key, folder, bundle)
    except Exception as error:  # noqa: BLE001 - whatever it is, not all was opened
        sys.exit(f"Not all was opened: {type(error).__name__} {error}\nIkke alt er åbnet.")
    sys.stdout.write(f"{count} vouchers and texts are opened, in {folder}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
