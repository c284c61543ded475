class C(B, k=1):
    "doc"
    x: int = 1
    def m(self, v):
        self.a = self.b = v
        return super().m(v)
