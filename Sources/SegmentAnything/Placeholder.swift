// This file gives the module its first source; the work on it replaces it.
