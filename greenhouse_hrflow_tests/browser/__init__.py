"""What a person sees of a run: headless Chromium at the UI of `make dev`.

Only `make test-browser` collects what is here, so that `make test` needs no browser.
"""
