"""A home with licences in it that services are started and stopped on, as an operator does around a command."""

import asyncio
from dataclasses import replace

from api.exporting import write_export
from api.key_home import KeyHome
from api.key_operations import Place
from api.wire import build
from audit.export_reader import Export
from audit.verify import verify as audit
from casework.flow import Submission
from casework.ports import Ports
from licence_qr.status_list import StatusBook
from licence_qr.verify import verify

STORIES = ("individual/01-grocery", "individual/02-family", "individual/03-no-name")


class Home:
    """A home that services are started and stopped on; two licences are in it."""

    def __init__(self, running, settings):
        self.running, self.settings, self.clock = running, settings, running.clock
        self.place = Place(settings, Ports(now=running.clock), running.sources)
        self.folder = settings.keys
        self.open = None

    def __enter__(self):
        self.open = build(self.settings, self.place.ports, client=self.place.client)
        return self.open

    def __exit__(self, *error):
        self.open.flow.parts.reader.dispose()
        self.open.flow.parts.writer.close()
        self.open.held.close()

    def issue(self, service, story, key):
        self.running.sources.confirm(story["document"])
        case_id = asyncio.run(service.flow.submit(Submission("portal-a", key, story["body"])))
        return case_id, service.licence_token(case_id)

    def scan(self, token, *, logged=True):
        """Verify a token as a stranger would, with what the home publishes."""
        with self as service:
            trust = service.trust
            at = int(self.clock().timestamp())
            book = StatusBook(trust)
            for number in (0,):
                book.add(f"{self.settings.host}/status/{number}", service.status_list(number))
            if not logged:
                trust = type(trust)(replace(key, logged=None) for key in trust)
        return verify(token, trust, at=at, status=book)

    def audited(self, tmp_path, name):
        write_export(self.settings, tmp_path / name)
        return audit(Export(tmp_path / name))

    def kid(self):
        keys = KeyHome(self.settings)
        return keys.open(keys.of_today(self.place.now)).kid
