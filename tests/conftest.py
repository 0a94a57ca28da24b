"""Settings of the whole suite."""

import hypothesis

# A busy machine or a sanitizer makes an example slow; that says nothing about the code.
hypothesis.settings.register_profile("zarr_c", deadline=None)
hypothesis.settings.load_profile("zarr_c")
