"""What is stored: the metadata of arrays and groups in Zarr v2 and v3, without any I/O.

Bytes become JSON in `document`, JSON becomes one frozen class for both formats in `v3` and
`v2`, and back:

* `document`: bytes <-> JSON, lenient when reading, strict when writing.
* `v3`, `v2`: JSON <-> `array.ArrayMetadata` and `group.GroupMetadata`.
* `dtype`: finds data types by v3 name, v2 string or NumPy dtype; `data_type` is what each is.
* `numeric_types`, `small_types`, `string_types`, `variable_types`, `time_types`, `raw_types`,
  `struct_type`: the families, `struct_parsing` finds records.
* `fill_value`: the bits of one element <-> JSON and what users pass as ``fill_value``.
* `chunk_grid`, `rectilinear`: how arrays are cut into chunks; `chunk_arguments`, `auto_chunks`:
  how users say so.
* `chunk_key`, `chunk_key_extensions`: the keys that chunks are stored under.
* `extension`, `checks`: what these share, named objects and error messages.

Documents that break their specification raise `zarr_c.errors.MetadataValidationError`, which
names the key of the document, the field, what was expected and what was found.
"""
