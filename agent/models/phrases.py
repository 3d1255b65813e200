"""The requests that are understood without a model, and what is answered, in two languages."""

import re
from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "fr"]

_PATH = r"(?P<path>/\S*)"
_UNIT = r"[\w@.-]+"
_SERVICE = f"(?P<service>{_UNIT})"
_OF = r"(?:of|for|from|de|du|des|d'|pour)\s*(?:the |la |le |l')?"


def _phrase(pattern: str, tool: str, **fixed: str) -> tuple[re.Pattern[str], str, dict[str, str]]:
    return re.compile(pattern, re.IGNORECASE), tool, fixed


def _order(verb: str, action: str) -> tuple[re.Pattern[str], str, dict[str, str]]:
    """Something that changes a service: the whole message, so that "do not restart x" is none."""
    polite = r"\W*(?:please|can you|could you|s'il (?:te|vous) plaît|peux-tu|pouvez-vous|,|\s)*"
    after = r"(?: service)?(?:,? please|,? s'il (?:te|vous) plaît)?\W*"
    pattern = rf"^{polite}\b(?:{verb}) (?:the |le |la )?(?:service )?{_SERVICE}{after}$"
    return _phrase(pattern, "service_control", action=action)


PHRASES = (
    _phrase(
        r"\b(?:search|find|grep|cherche[rz]?) (?:for |le texte )?(?P<content>.+?) "
        rf"(?:in|under|dans|sous) {_PATH}",
        "search_files",
    ),
    _phrase(
        rf"\b(?:read|show|cat|lis|lire|affiche[rz]?) (?:the file |le fichier )?{_PATH}",
        "read_file",
    ),
    _phrase(
        r"\b(?:list|ls|liste[rz]?) (?:(?:the )?files (?:in|under) |les fichiers (?:de|dans) )?"
        rf"{_PATH}",
        "list_directory",
    ),
    _phrase(rf"\b(?:logs?|journal|journaux) {_OF}(?P<unit>{_UNIT})", "logs_view"),
    _order(r"restart|redémarre[rz]?|relance[rz]?", "restart"),
    _order(r"start|démarre[rz]?", "start"),
    _order(r"stop|arrête[rz]?", "stop"),
    _phrase(r"\b(?:disks?|espace disque|disques?)\b", "disk_usage"),
    _phrase(
        r"\bhow is the (?:machine|system|server)|\bsystem (?:info|status|state)"
        r"|état (?:du système|de la machine|du serveur)",
        "system_info",
    ),
    _phrase(r"\b(?:process(?:es)?|processus)\b", "process_list"),
    _phrase(rf"\b(?:status|state|statut|état) {_OF}{_SERVICE}", "service_status"),
)
"""(pattern, tool, fixed arguments), the most particular first. A named group is an argument of
that name."""

EXAMPLES: Mapping[Language, tuple[tuple[str, str], ...]] = {
    "en": (
        ("disk_usage", "disk usage"),
        ("system_info", "how is the machine"),
        ("process_list", "list processes"),
        ("logs_view", "logs of nginx"),
        ("service_status", "status of ssh"),
        ("service_control", "restart nginx"),
        ("read_file", "read /etc/hosts"),
        ("list_directory", "list /var/log"),
        ("search_files", "search error in /var/log"),
    ),
    "fr": (
        ("disk_usage", "espace disque"),
        ("system_info", "état du système"),
        ("process_list", "liste les processus"),
        ("logs_view", "journaux de nginx"),
        ("service_status", "état de ssh"),
        ("service_control", "redémarre nginx"),
        ("read_file", "lis /etc/hosts"),
        ("list_directory", "liste /var/log"),
        ("search_files", "cherche error dans /var/log"),
    ),
}

SAY: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "doing": "No model is reachable. Your words match the tool `{tool}`: calling it.",
        "result": "(That is what `{tool}` says, nothing more: I am not reasoning. {why})",
        "unmatched": "{why}\nI am not reasoning now; I only match plain requests to one tool:",
        "direct": "run TOOL name=value …, with one of: {tools}",
        "no tool": "There is no tool named {name}. There are: {tools}. "
        'A command is run with: run execute_command command="…"',
        "unreadable": "I cannot read the arguments ({why}). Write them as name=value.",
    },
    "fr": {
        "doing": "Aucun modèle n'est joignable. Vos mots désignent l'outil `{tool}` : "
        "je l'appelle.",
        "result": "(C'est ce que dit `{tool}`, rien de plus : je ne raisonne pas. "
        "Aucun modèle n'est joignable. {why})",
        "unmatched": "Aucun modèle n'est joignable, je ne raisonne donc pas ; je ne fais que "
        "relier des demandes simples à un outil. {why}",
        "direct": "run OUTIL nom=valeur …, avec un de : {tools}",
        "no tool": "Il n'y a pas d'outil nommé {name}. Il y a : {tools}. "
        'Une commande se lance par : run execute_command command="…"',
        "unreadable": "Je ne peux pas lire les arguments ({why}). Écrivez-les nom=valeur.",
    },
}

_FRENCH = re.compile(
    r"[àâçèêëîïôùûœ]|\b(?:le|la|les|des?|du|une?|est|quel(?:le)?s?|comment|pourquoi|bonjour|"
    r"espace|état|journal|journaux|liste[rz]|lis|lire|cherche[rz]?|dans|sous|processus|relance|"
    r"affiche|disques?|mon|ma|mes|s'il)\b",
    re.IGNORECASE,
)


def language_of(text: str) -> Language:
    return "fr" if _FRENCH.search(text) else "en"
