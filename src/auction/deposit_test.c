/* deposit_test.c - placeholder */
int main(void) { return 0; }
