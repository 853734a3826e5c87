# keys, in English.

keys-title = Keys
keys-lead = What signs, decrypts and verifies, until when, and what is to be done next.
keys-nothing = No keys are configured.
keys-rotation = How a key is rotated
keys-rotation-lead = A rotation changes files on the server, so it is done there. In this order nothing is ever refused:
keys-step-rotate = Make the next key; it decrypts and verifies from then on:
keys-step-send = Send its public part to the peer and wait until it is used:
keys-step-activate = Let it sign:
keys-step-retire = When nothing needs the old one any more, take it out:
keys-place = Used for
keys-id = Key
keys-algorithm = Kind
keys-role = Does
keys-health = State
keys-created = Made
keys-expires = Ends
keys-next = Next step
keys-own = Ours for { $account }
keys-peer = Google's for { $account }
keys-issuer = Shared with { $issuer }
keys-signing = Our own links
keys-signs = signs
keys-waits = waits to sign
keys-decrypts-only = decrypts only
keys-verifies = verifies
keys-good = good
keys-ends-in = ends in { $days } days
keys-expired = has ended
keys-revoked = revoked
keys-next-rotate = make the next key
keys-next-activate = let it sign once the peer knows it
keys-next-retire = retire it once nothing needs it
keys-next-retire-from = retire it from { $day }
keys-next-say = say in the configuration when it stopped signing
keys-next-ask = ask the peer for a newer one

