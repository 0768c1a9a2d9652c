"""Applications as cases: accepted durably, decided once, issued once, and handed to a person where the law asks for one."""
