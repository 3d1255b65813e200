"""How models write tool calls as text: one concept a module, put together by ``replies``.

``lenient`` reads JSON as models write it, ``shapes`` finds calls in what it read, ``pythonic``,
``elements``, ``escaped`` and ``react`` read the other notations, ``markup`` is the table of what
opens and closes them, ``zones`` of what never acts, ``intent`` weighs the words before a call,
``names`` and ``values`` fit a call to the tools there are, ``reading`` goes through a reply.
"""
