(** Deviations die in finite time.

    A map that sends the zero deviation to zero, and in which the deviation of a variable depends only on
    deviations of smaller rank, is nilpotent: its T-th power is zero if T bounds the ranks.  This is the
    linear view of the 2L theorem: the Jacobian of the unit step is strictly triangular in rank order. *)

From Coq Require Import Arith.
From Dyadic Require Import Stabilisation.

Section Deviations.
  Variable V : Type.
  Variable D : V -> Type.
  Variable zero : forall v, D v.
  Variable M : forall v, state V D -> D v.
  Variable rank : V -> nat.
  Hypothesis rank_positive : forall v, 1 <= rank v.
  Hypothesis M_zero : forall v, M v zero = zero v.
  Hypothesis M_triangular : forall v (d e : state V D),
    (forall w, rank w < rank v -> d w = e w) -> M v d = M v e.

  Theorem nilpotent : forall T, (forall v, rank v <= T) -> forall d v, run V D M T d v = zero v.
  Proof.
    intros T HT d v.
    apply (settles V D M rank rank_positive M_triangular zero M_zero). apply HT.
  Qed.
End Deviations.
