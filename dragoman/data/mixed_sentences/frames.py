"""What sentences are built of: in each language some frames, in which @ stands for a name and # for a phrase."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NAME, PHRASE = "@", "#"

FRAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "de": (
            "Das Treffen mit @ ist am # .",
            "@ hat uns # geschickt .",
            "Bitte schreib # in die erste Zeile .",
            "Wir suchen noch # für den neuen Kunden von @ .",
            "Auf der Seite steht # , aber niemand weiß warum .",
            "Kannst du @ sagen , dass # fehlt ?",
            "Die Rechnung von @ zeigt # und nicht mehr .",
            "Heute lernen wir # .",
        ),
        "en": (
            "The meeting with @ is on # .",
            "@ sent us # last week .",
            "Please write # on the first line .",
            "We still need # for the new customer of @ .",
            "The page says # , but nobody knows why .",
            "Can you tell @ that # is missing ?",
            "The bill from @ shows # and nothing else .",
            "Today we learn # .",
        ),
        "es": (
            "La reunión con @ es el # .",
            "@ nos mandó # la semana pasada .",
            "Escribe # en la primera línea , por favor .",
            "Todavía buscamos # para el nuevo cliente de @ .",
            "La página dice # , pero nadie sabe por qué .",
            "¿ Puedes decir a @ que falta # ?",
            "La factura de @ muestra # y nada más .",
            "Hoy aprendemos # .",
        ),
        "fr": (
            "La réunion avec @ est le # .",
            "@ nous a envoyé # la semaine dernière .",
            "Veuillez écrire # sur la première ligne .",
            "Nous cherchons encore # pour le nouveau client de @ .",
            "La page dit # , mais personne ne sait pourquoi .",
            "Peux-tu dire à @ que # manque ?",
            "La facture de @ montre # et rien de plus .",
            "Aujourd'hui nous apprenons # .",
        ),
        "it": (
            "La riunione con @ è il # .",
            "@ ci ha mandato # la settimana scorsa .",
            "Scrivi # nella prima riga , per favore .",
            "Cerchiamo ancora # per il nuovo cliente di @ .",
            "La pagina dice # , ma nessuno sa perché .",
            "Puoi dire a @ che manca # ?",
            "La fattura di @ mostra # e niente altro .",
            "Oggi impariamo # .",
        ),
        "nl": (
            "De vergadering met @ is op # .",
            "@ heeft ons # gestuurd .",
            "Schrijf # op de eerste regel .",
            "We zoeken nog # voor de nieuwe klant van @ .",
            "Op de pagina staat # , maar niemand weet waarom .",
            "Kun je tegen @ zeggen dat # ontbreekt ?",
            "De rekening van @ toont # en verder niets .",
            "Vandaag leren we # .",
        ),
        "pt": (
            "A reunião com @ é no dia # .",
            "@ mandou # na semana passada .",
            "Escreva # na primeira linha , por favor .",
            "Ainda procuramos # para o novo cliente de @ .",
            "A página diz # , mas ninguém sabe por quê .",
            "Podes dizer a @ que falta # ?",
            "A fatura de @ mostra # e mais nada .",
            "Hoje aprendemos # .",
        ),
        "sv": (
            "Mötet med @ är den # .",
            "@ skickade # förra veckan .",
            "Skriv # på första raden .",
            "Vi söker fortfarande # till den nya kunden från @ .",
            "På sidan står # , men ingen vet varför .",
            "Kan du säga till @ att # saknas ?",
            "Räkningen från @ visar # och inget mer .",
            "I dag lär vi oss # .",
        ),
    }
)
"""Frames by the code of their language."""
