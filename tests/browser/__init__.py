"""The pages in a real browser, as the people of a programme use them: no other test runs one."""
