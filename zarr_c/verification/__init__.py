"""`verify`: reads all that is stored of a hierarchy, and says what is wrong with it."""
