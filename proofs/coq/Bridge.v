(** The bridge to calculus, for a chain of layers.

    Layers are maps between normed spaces of any kind, each differentiable (Coquelicot's [filterdiff], the
    Frechet derivative); a sensitivity is a linear functional on the space of its activation.  Then the
    sensitivity that backpropagation computes by s_l = s_(l+1) o Df_l is the derivative of the cost as a
    function of the activation x_l, all later layers being fed forward.  Only the axioms of the standard
    library's real numbers are used. *)

From Coq Require Import Reals.
From Coquelicot Require Import Coquelicot.

Section Chain.
  Variable X : nat -> NormedModule R_AbsRing.
  Variable f : forall l, X l -> X (S l).
  Variable Df : forall l, X l -> X l -> X (S l).
  Hypothesis f_differentiable : forall l x, filterdiff (f l) (locally x) (Df l x).
  Variable L : nat.
  Variable cost : X L -> R.
  Variable Dcost : X L -> X L -> R.
  Hypothesis cost_differentiable : forall x, filterdiff cost (locally x) (Dcost x).

  (** [later l] lists the layers from l to the output. *)
  Inductive later : nat -> Type :=
  | output : later L
  | layer : forall l, later (S l) -> later l.

  Fixpoint cost_of (l : nat) (t : later l) : X l -> R :=
    match t in later m return X m -> R with
    | output => cost
    | layer m rest => fun x => cost_of (S m) rest (f m x)
    end.

  Fixpoint sensitivity (l : nat) (t : later l) : X l -> X l -> R :=
    match t in later m return X m -> X m -> R with
    | output => Dcost
    | layer m rest => fun x v => sensitivity (S m) rest (f m x) (Df m x v)
    end.

  Theorem backpropagation_is_the_derivative :
    forall l (t : later l) x, filterdiff (cost_of l t) (locally x) (sensitivity l t x).
  Proof.
    induction t as [|l rest IH]; intro x; simpl.
    - apply cost_differentiable.
    - apply (filterdiff_comp' (f l) (cost_of (S l) rest)); [apply f_differentiable | apply IH].
  Qed.
End Chain.
