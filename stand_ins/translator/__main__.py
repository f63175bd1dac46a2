"""`python -m stand_ins.translator --port 0`: translates the sentences of its own dictionary."""

from stand_ins.resource import main
from stand_ins.translator.server import TranslatorServer

if __name__ == "__main__":
    main(TranslatorServer, "translator", __doc__ or "")
