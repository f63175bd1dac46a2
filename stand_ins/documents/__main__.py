"""`python -m stand_ins.documents --port 0`: reads the scans and photos made by `scan`."""

from stand_ins.documents.server import DocumentsServer
from stand_ins.resource import main

if __name__ == "__main__":
    main(DocumentsServer, "documents", __doc__ or "")
