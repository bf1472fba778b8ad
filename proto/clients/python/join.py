#!/usr/bin/env python3
"""Join an alliance: join.py KIT.json DIR [WAIT_SECONDS]. Exit: 0 asked or approved, 75 not approved in time or not
reached, 77 refused, 78 the kit or the folder cannot be used."""
import sys

from allclear import KitError, Refused, Silent, fingerprint, join


def asked(folder):
    print("Read this fingerprint to headquarters by telephone:\n    %s" % fingerprint(folder), flush=True)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    wait_s = int(sys.argv[3]) if len(sys.argv) == 4 else 0
    try:
        approved = join(sys.argv[1], sys.argv[2], wait_s, asked)
    except (KitError, Refused, Silent) as error:
        print("join.py: %s" % error, file=sys.stderr)
        return 78 if isinstance(error, KitError) else 77 if isinstance(error, Refused) else 75
    print("Approved: this store can publish." if approved else "Asked. Headquarters has to approve the key.")
    return 0 if approved or wait_s == 0 else 75


if __name__ == "__main__":
    sys.exit(main())
