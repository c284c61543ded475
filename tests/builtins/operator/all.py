import operator as o
import _operator
def show(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)
print(o.add(1, 2), o.sub(5, 3), o.mul('a', 3), o.truediv(7, 2), o.floordiv(7, 2), o.mod(7, 3), o.pow(2, 5), o.neg(3), o.pos(-3), o.abs(-3), o.invert(5), o.lshift(1, 4), o.rshift(16, 2), o.and_(6, 3), o.or_(6, 3), o.xor(6, 3))
print(o.lt(1, 2), o.le(2, 2), o.eq(1, 1.0), o.ne(1, 2), o.ge(1, 2), o.gt(1, 2), o.is_(None, None), o.is_not(1, None), o.not_([]), o.truth([1]), o.contains([1, 2], 2), o.countOf([1, 2, 1], 1), o.indexOf('abc', 'c'), o.index(True))
print(o.concat([1], [2]), o.iadd([1], [2]), o.getitem('abc', 1), o.length_hint([1, 2]), o.call(max, 1, 5)); d = {}; o.setitem(d, 1, 2); print(d); o.delitem(d, 1); print(d); show(o.concat, 1, 2); show(o.indexOf, [1], 2); show(o.add, 1, 'a'); show(o.length_hint, 1, 'a')
class A: pass
a = A(); a.b = A(); a.b.c = 5; a.d = 6
print(o.attrgetter('d')(a), o.attrgetter('b.c', 'd')(a), o.itemgetter(1)([1, 2]), o.itemgetter(0, 2)('abc'), o.itemgetter(slice(1))('abc'), o.methodcaller('upper')('abc'), o.methodcaller('split', ',', maxsplit=1)('a,b,c'))
print(o.attrgetter('a.b', 'c'), o.itemgetter(1, 'x'), o.methodcaller('f', 1, k=2)); show(o.attrgetter); show(o.attrgetter, 5); show(o.methodcaller); show(o.methodcaller, 5); show(o.attrgetter('zz'), a); show(o.itemgetter(5), [1]); show(o.itemgetter(1))
print(o.__add__ is o.add, sorted([(1, 'b'), (0, 'c')], key=o.itemgetter(0)), o.attrgetter('x').__reduce__()[1])
print(_operator._compare_digest('abc', 'abc'), _operator._compare_digest(b'abc', b'abd'))
