"""What each rule finds, and what it passes. Nothing here is ever run."""

import datetime as time
import os
import pickle
import random
import secrets
import smtplib
import subprocess
import urllib.request
from contextlib import suppress
from datetime import UTC, date, datetime
from hmac import compare_digest
from urllib.request import urlopen
from xml.etree.ElementTree import fromstring, tostring

import httpx2
import psycopg
import structlog
from jinja2 import Environment
from lxml.etree import XMLParser
from markupsafe import Markup
from psycopg.sql import SQL, Identifier
from random import Random

logger = structlog.get_logger()


def statements(connection, curs, case, table):
    # ruleid: sql-of-pieces
    connection.execute(f"SELECT * FROM cases WHERE case_no = '{case}'")
    # ruleid: sql-of-pieces
    connection.execute("SELECT * FROM cases WHERE case_no = '%s'" % case)
    # ruleid: sql-of-pieces
    connection.execute("SELECT * FROM cases WHERE case_no = '{}'".format(case), ())
    # ruleid: sql-of-pieces
    connection.execute("SELECT * FROM cases WHERE case_no = " + case)
    # ruleid: sql-of-pieces
    connection.execute(SQL(f"SELECT * FROM {table}"))
    # ok: sql-of-pieces
    connection.execute("SELECT * FROM cases WHERE case_no = %s", (case,))
    # ok: sql-of-pieces
    connection.execute(SQL("SELECT * FROM {}").format(Identifier(table)))


class Payout:
    # ruleid: float-of-money
    amount: float
    # ok: float-of-money
    seconds: float = 0.0

    def half(self):
        # ruleid: float-of-money
        return float(self.amount) / 2

    def waited(self):
        # ok: float-of-money
        return float(self.seconds)


# ruleid: float-of-money
def pays(paid: float):
    return paid


def lines(person, error, told, form):
    # ruleid: logged-person
    logger.info("looked at", cpr=person.cpr)
    # ruleid: logged-person
    logger.info("looked at", route="/cases", name=person.name)
    # ruleid: logged-person
    told.warning("refused", body=form)
    # ruleid: logged-person
    bound = logger.bind(record=person)
    # ok: logged-person
    logger.info("looked at", pseudonym=person.pseudonym, position=7)
    # ok: logged-person
    form.render("looked at", name=person.name)
    # ruleid: logged-text
    logger.info(f"looked at {person.name}")
    # ruleid: logged-text
    logger.info("looked at %s", person)
    # ruleid: logged-text
    logger.error("failed", error=str(error))
    # ruleid: logged-text
    logger.error("failed", **form)
    # ruleid: logged-text
    logger.exception("failed")
    # ok: logged-text
    logger.error("failed", error=type(error).__name__)
    # ok: logged-text
    logger.error("failed", **defect(error))
    return bound


def answers(work):
    try:
        return work()
    except psycopg.OperationalError as error:
        # ok: told-of-anything
        return str(error)
    except Exception as error:
        # ruleid: told-of-anything
        return str(error)


def tells(work):
    try:
        return work()
    except Exception as error:
        # ruleid: told-of-anything
        return f"It failed: {error}"


def kinds(work):
    try:
        return work()
    except Exception as error:
        # ok: told-of-anything
        return type(error).__name__


def silent(work):
    # ruleid: swallowed
    try:
        work()
    except Exception:
        pass
    # ruleid: swallowed
    with suppress(Exception):
        work()
    # ok: swallowed
    with suppress(FileNotFoundError):
        work()
    # ok: swallowed
    try:
        work()
    except Exception as error:
        logger.error("failed", error=type(error).__name__)


def asks(url):
    # ruleid: waits-for-ever
    urlopen(url)
    # ruleid: waits-for-ever
    urllib.request.urlopen(url)
    # ruleid: waits-for-ever
    httpx2.post(url)
    # ruleid: waits-for-ever
    smtplib.SMTP("mail.example")
    # ok: waits-for-ever
    urlopen(url, timeout=10)
    # ok: waits-for-ever
    httpx2.post(url, timeout=10)
    # ok: waits-for-ever
    smtplib.SMTP("mail.example", timeout=10)


def programs(name):
    # ruleid: a-shell
    subprocess.run(f"ls {name}", shell=True)
    # ruleid: a-shell
    os.system(name)
    # ok: a-shell
    subprocess.run(["ls", name], check=True)


def reading(data, json, engine):
    # ruleid: data-that-run
    pickle.loads(data)
    # ruleid: data-that-run
    eval(data)
    # ok: data-that-run
    json.loads(data)
    # ok: data-that-run
    engine.eval(data)


def parsers():
    # ruleid: xml-with-entities
    XMLParser()
    # ruleid: xml-with-entities
    XMLParser(resolve_entities=True, no_network=True)
    # ruleid: xml-with-entities
    fromstring("<a/>")
    # ok: xml-with-entities
    tostring(root)
    # ok: xml-with-entities
    XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def drawn():
    # ruleid: dice
    random.randint(0, 9)
    # ruleid: dice
    Random(7)
    # ok: dice
    secrets.token_urlsafe(32)


def known(session, form, token, sought):
    # ruleid: compared-in-time
    if form.csrf == session.csrf:
        return True
    # ruleid: compared-in-time
    if token != sought:
        return False
    # ok: compared-in-time
    if form.position == session.position:
        return False
    # ok: compared-in-time
    return compare_digest(form.csrf, session.csrf)


def moments():
    # ruleid: local-time
    datetime.now()
    # ruleid: local-time
    time.datetime.utcnow()
    # ruleid: local-time
    date.today()
    # ok: local-time
    datetime.now(UTC)


def pages(person):
    # ruleid: markup-of-strings
    Markup(f"<b>{person.name}</b>")
    # ruleid: markup-of-strings
    Environment(loader=None)
    # ok: markup-of-strings
    Environment(loader=None, autoescape=True)
