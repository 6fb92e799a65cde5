(** The space R^(m+1), as a normed space of Coquelicot, and its coordinates. *)

From Coq Require Import Reals ZArith Lia.
From Coquelicot Require Import Coquelicot.
Open Scope R_scope.

(** ** R^(m+1), with coordinates 0, ..., m *)

Fixpoint Vec (m : nat) : NormedModule R_AbsRing :=
  match m with O => R_NormedModule | S m => prod_NormedModule R_AbsRing (Vec m) R_NormedModule end.
Fixpoint coord (m : nat) : Vec m -> Z -> R :=
  match m return Vec m -> Z -> R with
  | O => fun v p => if (p =? 0)%Z then v else 0
  | S m => fun v p => if (p =? Z.of_nat (S m))%Z then snd v else coord m (fst v) p
  end.
Fixpoint build (m : nat) (g : Z -> R) : Vec m :=
  match m return Vec m with O => g 0%Z | S m => (build m g, g (Z.of_nat (S m))) end.

Lemma coord_build : forall m g p, (0 <= p <= Z.of_nat m)%Z -> coord m (build m g) p = g p.
Proof.
  induction m as [|m IH]; intros g p Hp.
  - cbn. destruct (Z.eqb_spec p 0) as [->|]; [reflexivity | lia].
  - cbn [coord build]. destruct (Z.eqb_spec p (Z.of_nat (S m))) as [->|]; [reflexivity|]. apply IH. lia.
Qed.
Lemma coord_linear : forall m p, is_linear (fun v : Vec m => coord m v p : R_NormedModule).
Proof.
  assert (Hzero : forall V : NormedModule R_AbsRing, is_linear (fun _ : V => 0 : R_NormedModule))
    by (intro V; apply (is_linear_zero (U := V) (V := R_NormedModule))).
  induction m as [|m IH]; intro p; cbn [coord].
  - destruct (p =? 0)%Z; [apply is_linear_id | apply (Hzero R_NormedModule)].
  - destruct (p =? Z.of_nat (S m))%Z; [apply is_linear_snd|].
    apply (is_linear_comp (U := Vec (S m)) (V := Vec m) fst (fun v => coord m v p : R_NormedModule)); [apply is_linear_fst | apply IH].
Qed.
Lemma coord_zero : forall m p, coord m zero p = 0.
Proof. intros m p. exact (linear_zero _ (coord_linear m p)). Qed.
Lemma build_differentiable : forall (U : NormedModule R_AbsRing) (u : U) m (g d : Z -> U -> R),
  (forall p, filterdiff (fun y => g p y : R_NormedModule) (locally u) (fun h => d p h : R_NormedModule)) ->
  filterdiff (fun y => build m (fun p => g p y)) (locally u) (fun h => build m (fun p => d p h)).
Proof.
  intros U u m g d H. induction m as [|m IH]; cbn [build]; [apply H|].
  apply (filterdiff_comp'_2 (fun y => build m (fun p => g p y)) (fun y => g (Z.of_nat (S m)) y : R_NormedModule)
    (fun a b => (a, b) : Vec (S m)) u (fun h => build m (fun p => d p h)) (fun h => d (Z.of_nat (S m)) h)
    (fun a b => (a, b) : Vec (S m))); [exact IH | apply H|].
  apply filterdiff_linear. apply is_linear_prod; [apply is_linear_fst | apply is_linear_snd].
Qed.
