(** The 2L theorem.

    Every vertex has an activation and a sensitivity, in spaces of its own.  The update of an activation
    reads activations of smaller depth; the update of a sensitivity reads activations and the sensitivities
    of vertices with a shorter way to the output.  If no path through a vertex is longer than [L], then
    [2 * L] steps of all updates at once lead from any state to the unique fixed point: the feedforward
    activations and the sensitivities of backpropagation.  Nothing is assumed of the maps [f] and [g] except
    what they read. *)

From Coq Require Import Arith Lia.
From Dyadic Require Import Stabilisation.

Section DoubledState.
  Variable N : Type.
  Variable A B : N -> Type.
  Variable depth height : N -> nat.
  Variable L : nat.
  Hypothesis depth_positive : forall v, 1 <= depth v.
  Hypothesis path_length : forall v, depth v + height v <= L.
  Variable f : forall v, (forall w, A w) -> A v.
  Variable g : forall v, (forall w, A w) -> (forall w, B w) -> B v.
  Hypothesis f_reads_parents : forall v x y, (forall w, depth w < depth v -> x w = y w) -> f v x = f v y.
  Hypothesis g_reads_children : forall v x y s t, (forall w, x w = y w) ->
    (forall w, height w < height v -> s w = t w) -> g v x s = g v y t.

  Definition variable := (N + N)%type.
  Definition space (u : variable) : Type := match u with inl v => A v | inr v => B v end.
  Definition activations (z : state variable space) : forall w, A w := fun w => z (inl w).
  Definition sensitivities (z : state variable space) : forall w, B w := fun w => z (inr w).
  Definition doubled_update (u : variable) (z : state variable space) : space u :=
    match u with
    | inl v => f v (activations z)
    | inr v => g v (activations z) (sensitivities z)
    end.
  Definition doubled_rank (u : variable) : nat :=
    match u with inl v => depth v | inr v => L + 1 + height v end.

  Lemma doubled_rank_positive : forall u, 1 <= doubled_rank u.
  Proof. intros [v|v]; simpl; [apply depth_positive | lia]. Qed.

  Lemma doubled_rank_bounded : forall u, doubled_rank u <= 2 * L.
  Proof.
    intros [v|v]; simpl; pose proof (path_length v); pose proof (depth_positive v); lia.
  Qed.

  Lemma doubled_local : forall u (x y : state variable space),
    (forall w, doubled_rank w < doubled_rank u -> x w = y w) -> doubled_update u x = doubled_update u y.
  Proof.
    intros [v|v] x y H; simpl.
    - apply f_reads_parents. intros w Hw. apply (H (inl w)). simpl. exact Hw.
    - apply g_reads_children.
      + intro w. apply (H (inl w)). simpl. pose proof (path_length w). lia.
      + intros w Hw. apply (H (inr w)). simpl. lia.
  Qed.

  (** If (X, S) solves x = f(x), s = g(x, s), it is reached from every state in 2L steps. *)
  Theorem exact_in_2L_steps : forall X S, (forall v, f v X = X v) -> (forall v, g v X S = S v) ->
    forall z v,
      run variable space doubled_update (2 * L) z (inl v) = X v /\
      run variable space doubled_update (2 * L) z (inr v) = S v.
  Proof.
    intros X S HX HS z v.
    set (z0 := fun u : variable => match u return space u with inl w => X w | inr w => S w end).
    assert (Hz : fixed_point variable space doubled_update z0).
    { intros [w|w]; simpl; [apply HX | apply HS]. }
    pose proof (settles variable space doubled_update doubled_rank doubled_rank_positive doubled_local
                  z0 Hz (2 * L) z) as H.
    split; [apply (H (inl v)) | apply (H (inr v))]; apply doubled_rank_bounded.
  Qed.

  (** The solution exists: it is what 2L steps from any state give. *)
  Theorem fixed_point_reached : forall z,
    fixed_point variable space doubled_update (run variable space doubled_update (2 * L) z).
  Proof.
    intro z. apply reaches_a_fixed_point with (rank := doubled_rank).
    - apply doubled_rank_positive.
    - apply doubled_local.
    - apply doubled_rank_bounded.
  Qed.
End DoubledState.
